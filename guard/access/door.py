"""Lets callers in, or not: who somebody is, and whether that suffices for what is asked."""

from dataclasses import dataclass

from guard.access.caller import LOCAL, NOBODY, Caller
from guard.access.certificates import caller_of
from guard.access.keys import KeyFile
from guard.access.methods import OPEN, ROLES
from guard.access.settings import AccessSettings, TlsSettings
from guard.access.tokens import Tokens
from guard.core.errors import CredentialsError, ForbiddenError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: its Authorization header, and the PEM or DER certificate that TLS has verified."""

    authorization: str | None = None
    certificate: bytes | None = None


class Door:
    """Tokens say who calls where keys are configured, certificates where only they are; else everybody is LOCAL."""

    def __init__(self, access: AccessSettings, tls: TlsSettings) -> None:
        """Raises SettingsError when the keys cannot be read."""
        self._tokens = Tokens(access, KeyFile(access.jwt_keys)) if access.jwt_keys else None
        self.guarded = self._tokens is not None or tls.client_ca is not None

    def admit(self, method: str, shown: Credentials) -> Caller:
        """The caller of a method, named as in guard.access.methods.

        Raises CredentialsError when it is not known who calls, ForbiddenError when the caller may not.
        """
        if method in OPEN:
            return NOBODY if self.guarded else LOCAL
        caller = self.identify(shown)
        allowed = ROLES.get(method, frozenset())
        if not caller.roles & allowed:
            needed = " or ".join(sorted(allowed)) or "nobody"
            raise ForbiddenError("authorization", f"the caller's roles do not suffice: this is for {needed}")
        return caller

    def identify(self, shown: Credentials) -> Caller:
        """Who calls, whatever for. CredentialsError when that is not known."""
        if not self.guarded:
            return LOCAL
        if self._tokens is not None:
            return self._tokens.caller(shown.authorization)
        if shown.certificate is None:
            raise CredentialsError("certificate", "is missing", "show one that the service's client_ca has signed")
        return caller_of(shown.certificate)
