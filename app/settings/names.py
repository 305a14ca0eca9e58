"""The settings by the names they have in the environment."""

from pydantic.fields import FieldInfo

from app.settings.fields import Settings


def setting_names() -> tuple[str, ...]:
    """Every name that is read from the environment, with the forms for a secret in a file of its own."""
    return (*named(), *(f"{name}_FILE" for name in secret_named()))


def text_of(field: FieldInfo) -> str:
    return " ".join((field.description or "").split())


def named() -> dict[str, tuple[str, FieldInfo]]:
    """The settings by the name they have in the environment."""
    return {str(field.validation_alias): (attribute, field) for attribute, field in Settings.model_fields.items()}


def secret_named() -> list[str]:
    return [name for name, (_, field) in named().items() if is_secret(field)]


def is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)
