"""Messages of any fields, likely and impossible ones, made from the descriptor: a new message is not forgotten."""

import random
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from guard.rpc.server import SERVICES

DEEPEST = 4
"""Messages within messages."""
WHOLE = (0, 1, 2, 3, 90, 128, 1000, 8192, 2**31 - 1)
SIGNED = (*WHOLE, -1, -90, -(2**31))
LONG = (2**32, 2**63 - 1)
REAL = (0.0, 0.5, -1.0, 1e300, float("inf"), float("-inf"), float("nan"))
TEXTS = ("", "seat", "Dora", "Berta", "Ada", "a\nb", "a\0b", "x" * 201, "\u202e", "ünï", "WyJhIl0=", "W10=", "%", " ")
"""Names that are known, that can be and that cannot; page tokens of one part and of none."""
LENGTHS = (0, 1, 16, 100, 128 * 128, 128 * 128 * 3 // 2)


def methods() -> Iterator[tuple[str, MethodDescriptor]]:
    """Every method that the service serves, with its path."""
    for name in SERVICES:
        for method in Default().FindServiceByName(name).methods:
            yield f"/{name}/{method.name}", method


def request(method: MethodDescriptor, dice: random.Random) -> Message:
    """A request of any fields."""
    return fill(GetMessageClass(method.input_type)(), dice)


def fill(message: Message, dice: random.Random, depth: int = 0) -> Message:
    """The message with some of its fields set."""
    fields = list(message.DESCRIPTOR.fields)
    for field in dice.sample(fields, dice.randint(1, len(fields)) if fields else 0):
        if field.is_repeated:
            fill_repeated(message, field, dice, depth)
        elif field.type != FieldDescriptor.TYPE_MESSAGE:
            setattr(message, field.name, value(field, dice))
        elif depth < DEEPEST:
            getattr(message, field.name).SetInParent()
            fill(getattr(message, field.name), dice, depth + 1)
    return message


def fill_repeated(message: Message, field: FieldDescriptor, dice: random.Random, depth: int) -> None:
    """A few items, now and then many."""
    items = getattr(message, field.name)
    for _ in range(dice.choice((1, 1, 2, 3, 300))):
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            items.append(value(field, dice))
        elif depth < DEEPEST:
            fill(items.add(), dice, depth + 1)


def value(field: FieldDescriptor, dice: random.Random) -> object:
    """A value of the field's type. Enums of proto3 are open: any number may come."""
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return dice.randbytes(dice.choice(LENGTHS))
        case FieldDescriptor.CPPTYPE_STRING:
            return dice.choice(TEXTS)
        case FieldDescriptor.CPPTYPE_BOOL:
            return dice.random() < 0.5
        case FieldDescriptor.CPPTYPE_FLOAT | FieldDescriptor.CPPTYPE_DOUBLE:
            return dice.choice(REAL)
        case FieldDescriptor.CPPTYPE_UINT32:
            return dice.choice(WHOLE)
        case FieldDescriptor.CPPTYPE_UINT64:
            return dice.choice((*WHOLE, *LONG))
        case FieldDescriptor.CPPTYPE_INT64:
            return dice.choice((*SIGNED, *LONG, -(2**63)))
        case _:
            return dice.choice(SIGNED)


def wire(message: Message, dice: random.Random) -> bytes:
    """A message's bytes, now and then with one of them changed, or no message at all."""
    data = bytearray(message.SerializeToString())
    if data and dice.random() < 0.1:
        data[dice.randrange(len(data))] = dice.randrange(256)
    return dice.randbytes(dice.randrange(40)) if dice.random() < 0.02 else bytes(data)
