"""Lets callers in, or not: who somebody is, and whether that suffices for what is asked."""

from dataclasses import dataclass

from guard.access.caller import LOCAL, NOBODY, Caller
from guard.access.certificates import caller_of
from guard.access.keys import KeyFile
from guard.access.limits import Limits
from guard.access.methods import OPEN, OPENING, ROLES
from guard.access.settings import AccessSettings, TlsSettings
from guard.access.tokens import Tokens
from guard.audit.refusals import Refusals
from guard.core.errors import CredentialsError, ForbiddenError


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows: its Authorization header, and the PEM or DER certificate that TLS has verified."""

    authorization: str | None = None
    certificate: bytes | None = None
    address: str = ""  # where it comes from


class Door:
    """Tokens say who calls where keys are configured, certificates where only they are; else everybody is LOCAL."""

    def __init__(self, access: AccessSettings, tls: TlsSettings, refusals: Refusals, limits: Limits) -> None:
        """Raises SettingsError when the keys cannot be read."""
        self._refusals = refusals
        self._limits = limits
        self._tokens = Tokens(access, KeyFile(access.jwt_keys)) if access.jwt_keys else None
        self.guarded = self._tokens is not None or tls.client_ca is not None

    def admit(self, method: str, shown: Credentials) -> Caller:
        """The caller of a method, named as in guard.access.methods.

        Raises CredentialsError when it is not known who calls, ForbiddenError when the caller may not, RateError when
        too many come from its address.
        """
        if method in OPENING:
            self._limits.connect(shown.address)
        if method in OPEN:
            return NOBODY if self.guarded else LOCAL
        caller = self.identify(method, shown)
        allowed = ROLES.get(method, frozenset())
        if not caller.roles & allowed:
            needed = " or ".join(sorted(allowed)) or "nobody"
            error = ForbiddenError("authorization", f"the caller's roles do not suffice: this is for {needed}")
            self._refusals.note(method, shown.address, error, caller)
            raise error
        return caller

    def identify(self, method: str, shown: Credentials) -> Caller:
        """Who calls, whatever the roles. CredentialsError when that is not known."""
        try:
            return self._identified(shown)
        except CredentialsError as error:
            self._refusals.note(method, shown.address, error)
            raise

    def _identified(self, shown: Credentials) -> Caller:
        if not self.guarded:
            return LOCAL
        if self._tokens is not None:
            return self._tokens.caller(shown.authorization)
        if shown.certificate is None:
            raise CredentialsError("certificate", "is missing", "show one that the service's client_ca has signed")
        return caller_of(shown.certificate)
