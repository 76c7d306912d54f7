"""Commands that run something: the service, the demo, the benchmark."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from guard.cli.options import BundleOption, ConfigOption, GalleryOption, JsonOption, open_model
from guard.cli.output import emit
from guard.core.errors import SettingsError


def serve(
    config: ConfigOption = None,
    gallery: GalleryOption = None,
    bundle: BundleOption = None,
    http_host: Annotated[str | None, typer.Option(help="Address of WHIP, metrics, health and console.")] = None,
    http_port: Annotated[int | None, typer.Option(help="Its port; 0 takes any free one.")] = None,
    grpc_host: Annotated[str | None, typer.Option(help="Address of the gRPC services.")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="Its port; 0 takes any free one.")] = None,
    max_streams: Annotated[int | None, typer.Option(help="Streams admitted at once.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> int:
    """Run the service until SIGTERM or Ctrl-C. Options win over AVATAR_GUARD_* variables, those over the file."""
    import asyncio

    from guard import app
    from guard.checking import checked

    settings = checked(
        config,
        gallery=gallery,
        bundle=bundle,
        http_host=http_host,
        http_port=http_port,
        grpc_host=grpc_host,
        grpc_port=grpc_port,
        max_streams=max_streams,
        log_level=log_level,
    )
    return asyncio.run(app.serve(settings))


def demo(
    seed: Annotated[int | None, typer.Option(help="Repeats a run: same people, same faces.")] = None,
    json_: JsonOption = False,
) -> int:
    """Play a call with two avatars on this machine, one of whom changes its driver."""
    from guard.demo import run

    return run(seed, json_)


def bench(context: typer.Context, bundle: BundleOption = None, json_: JsonOption = False) -> None:
    """Measure what a new frame costs, against computing the whole window again; one thread, a few seconds.

    Of a bundle that only knows whole windows, what such a window costs. `guard bench streams` measures a whole service.
    """
    if context.invoked_subcommand is not None:
        return
    from guard.bench import measure, measure_clips

    model, engine = open_model(bundle)
    print_facts((measure if model.state_size else measure_clips)(engine, model.settings()), json_)


def bench_streams(
    streams: Annotated[int, typer.Option(min=1, help="Streams at once, 25 frames a second each.")] = 24,
    seconds: Annotated[float, typer.Option(min=5, help="Length of each stream.")] = 20.0,
    bundle: BundleOption = None,
    json_: JsonOption = False,
) -> None:
    """Run a service and send it streams in real time over gRPC; count the verdicts that are due and that come."""
    import asyncio

    from guard.streambench import measure_streams

    print_facts(asyncio.run(measure_streams(bundle, streams, seconds)), json_)


class Codec(StrEnum):
    """What senders may encode."""

    VP8 = "vp8"
    H264 = "h264"


def bench_calls(
    streams: Annotated[int, typer.Option(min=1, help="Streams at once, 25 frames a second each.")] = 12,
    codec: Annotated[Codec, typer.Option(help="How they are encoded.")] = Codec.VP8,
    size: Annotated[str, typer.Option(help="Their width and height.", metavar="WxH")] = "640x360",
    seconds: Annotated[float, typer.Option(min=5, help="For how long they are counted.")] = 20.0,
    cycles: Annotated[
        int, typer.Option(min=0, help="Streams that come and go afterwards, to see what they leave.")
    ] = 0,
    cores: Annotated[int, typer.Option(min=1, help="Processors that the service gets; senders have the others.")] = 1,
    bundle: BundleOption = None,
    json_: JsonOption = False,
) -> None:
    """Run a service and publish real WebRTC streams to it over WHIP; count what is decoded and scored."""
    import asyncio

    from guard.callsbench import Load, measure_calls

    load = Load(streams, codec, checked_size(size), seconds, cycles)
    print_facts(asyncio.run(measure_calls(bundle, load, cores)), json_)


def checked_size(size: str) -> str:
    """The size, if it is one that every codec takes. SettingsError."""
    match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", size)
    if match is None or any(int(side) % 2 for side in match.groups()):
        raise SettingsError("size", f"{size} is no picture size", "give even numbers, as in 640x360")
    return size


def print_facts(facts: Mapping[str, Any], json_: bool) -> None:
    """A line a fact, or all in one JSON object."""
    if json_:
        emit(facts)
    else:
        width = max(map(len, facts))
        print("\n".join(f"{name:{width}} {fact}" for name, fact in facts.items()))
