"""Callers by their certificate, where no tokens are asked for: CN is the subject, O the tenant, each OU a role."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from guard.access.caller import Caller
from guard.access.tokens import name_in, roles_in
from guard.core.errors import CredentialsError

USED = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)


def caller_of(certificate: bytes) -> Caller:
    """The caller of a PEM or DER certificate that TLS has verified. CredentialsError without CN or O."""
    read = x509.load_pem_x509_certificate if certificate.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        name = read(certificate).subject
    except ValueError:
        raise CredentialsError("certificate", "cannot be read") from None
    values = {oid: [str(a.value) for a in name.get_attributes_for_oid(oid)] for oid in USED}
    facts = {
        "sub": next(iter(values[NameOID.COMMON_NAME]), None),
        "tenant": next(iter(values[NameOID.ORGANIZATION_NAME]), None),
        "roles": values[NameOID.ORGANIZATIONAL_UNIT_NAME],
    }
    return Caller(name_in(facts, "sub"), name_in(facts, "tenant"), roles_in(facts))
