"""What a setting's value may be, in the terms of pydantic; what is not, raises ValueError."""

import shlex
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from app.addresses import database_url, object_store, public_url, sibling_url, tools_database_url, web_url
from app.retaining import keeping_in
from app.settings.oidc import issuer, roles
from app.store.envelope import keys_in


def options(text: str) -> str:
    shlex.split(text)  # raises ValueError for a quotation mark that is never closed
    return text


def _keys(secret: SecretStr) -> SecretStr:
    keys_in(secret.get_secret_value())  # raises ValueError
    return secret


def _retention(text: str) -> str:
    keeping_in(text)  # raises ValueError
    return text


AnyCase = BeforeValidator(str.lower)
Secret = SecretStr | None
Sid = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9a-fA-F]{32}$")]
PublicUrl = Annotated[str, AfterValidator(public_url)]
Url = Annotated[str, AfterValidator(web_url)]
SiblingUrl = Annotated[str, AfterValidator(sibling_url)]
ObjectStore = Annotated[str, AfterValidator(object_store)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(database_url)]
ToolsDatabaseUrl = Annotated[SecretStr, AfterValidator(tools_database_url)]
EncryptionKeys = Annotated[SecretStr, AfterValidator(_keys)]
Retention = Annotated[str, AfterValidator(_retention)]
Issuer = Annotated[str, AfterValidator(issuer)]
OidcRoles = Annotated[str, AfterValidator(roles)]
Version = Annotated[str, Field(pattern=r"^v\d+((alpha|beta)\d*)?$")]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
Dollars = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=10_000)]
