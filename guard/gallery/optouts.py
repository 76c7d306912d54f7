"""Who does not want to be verified, enrolled or not."""

import sqlalchemy as sa

from guard.gallery import motions, people, templates
from guard.gallery.protection import Vault


def opt_out(connection: sa.Connection, vault: Vault, name: str) -> None:
    """From now on the person is not verified. Templates are kept; how their calls moved is not."""
    known = people.find(connection, vault, name)
    people.save(connection, vault, name, known.consent if known else None, opted_out=True)
    if known is not None:
        motions.erase(connection, [known.id])


def take_back(connection: sa.Connection, vault: Vault | None, name: str) -> None:
    """The person may be verified again; of who was never enrolled nothing is left."""
    known = None if vault is None else people.find(connection, vault, name)
    if vault is None or known is None:
        return
    if templates.infos(connection, known.id):
        people.save(connection, vault, name, known.consent, opted_out=False)
    else:
        people.erase(connection, [known.id])
