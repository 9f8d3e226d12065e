"""Mail addresses: one form to compare, one to show when the whole would say too much."""

from email_validator import EmailNotValidError, validate_email


def normalise(address: str) -> str:
    """As it is stored and written to. ValueError when it is no address (length is looked at before anything costly)."""
    if len(address) > 254:
        raise ValueError("longer than any address")
    try:
        return str(
            validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False).normalized
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


def ascii_form(address: str) -> str:
    """With the domain as mail servers know it."""
    found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    return found.ascii_email or found.normalized


def key(address: str) -> str:
    """The form in which addresses are compared, everywhere: never compare or look up another one."""
    try:
        shown = normalise(address)
    except ValueError:
        shown = address.strip()[:254]
    return shown.casefold()


def mask(address: str) -> str:
    """ "l…@example.org": enough for its holder to recognise."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…"
