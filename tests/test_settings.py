"""The settings: what is read from where, what is refused, and that every mistake is named at once."""

import importlib.util
import re
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, load, settings_table

SID = "AC" + "0" * 32
LIVE = {"GEMINI_API_KEY": "gemini-key", "TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "tok"}
WHOLE = {**LIVE, "PUBLIC_URL": "https://phone.example"}
README = Path(__file__).parent.parent / "README.md"


def problems_of(environ: dict[str, str], env_file: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(environ, env_file)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_nothing_set_is_a_rehearsal_on_this_machine_alone() -> None:
    settings = load({}, None)
    assert settings.rehearsing
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url == "sqlite+aiosqlite:///data/frontline.db"
    assert settings.twilio_tokens == ()
    assert settings.checks_signatures


def test_a_reserve_on_the_disk_is_kept_where_calls_are_real_or_it_is_asked_for() -> None:
    assert load({}, None).reserve_mb == 0
    assert load(WHOLE, None).reserve_mb == 64
    assert load({"FRONTLINE_RESERVE_MB": "8"}, None).reserve_mb == 8


def test_with_a_key_and_twilio_calls_are_real_and_the_door_is_open() -> None:
    settings = load(WHOLE, None)
    assert not settings.rehearsing
    assert settings.host == "0.0.0.0"
    assert (settings.backend, settings.gemini_key) == ("developer", "gemini-key")
    assert settings.public_url == "https://phone.example"


def test_the_google_key_goes_before_the_gemini_key_as_in_the_sdk() -> None:
    assert load({**WHOLE, "GOOGLE_API_KEY": "google-key"}, None).gemini_key == "google-key"


@pytest.mark.parametrize("flag", ["GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"])
def test_either_flag_turns_to_vertex(flag: str) -> None:
    settings = load({flag: "true", "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "us-central1"}, None)
    assert settings.backend == "vertex"
    assert not settings.rehearsing


def test_a_rehearsal_can_be_asked_for_beside_a_key() -> None:
    assert load({**LIVE, "FRONTLINE_REHEARSAL": "ON"}, None).rehearsing


def test_the_environment_goes_before_the_file_and_an_empty_value_is_none(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text('PORT=9001\nFRONTLINE_MODEL="from-file"\nFRONTLINE_TOOLS=\n# a remark\n')
    settings = load({"PORT": "9002", "FRONTLINE_MODEL": " "}, env_file)
    assert settings.port == 9002
    assert settings.model is None
    assert settings.tools == Path("tools")
    assert load({}, env_file).model == "from-file"


def test_a_missing_env_file_is_no_mistake(tmp_path: Path) -> None:
    assert load({}, tmp_path / ".env").rehearsing


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"PORT=\xff\xfe\n")
    (problem,) = problems_of({}, env_file)
    assert "UTF-8" in problem


def test_several_auth_tokens_keep_their_order() -> None:
    assert load({**WHOLE, "TWILIO_AUTH_TOKEN": "new, old,"}, None).twilio_tokens == ("new", "old")


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one\ntwo\n")
    environ = {name: value for name, value in WHOLE.items() if name != "TWILIO_AUTH_TOKEN"}
    settings = load({**environ, "TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token")}, None)
    assert settings.twilio_tokens == ("one", "two")


def test_a_secret_and_its_file_are_one_too_many(tmp_path: Path) -> None:
    (problem,) = problems_of({**WHOLE, "GEMINI_API_KEY_FILE": str(tmp_path / "key")})
    assert problem == "GEMINI_API_KEY and GEMINI_API_KEY_FILE are both set: write one of them."


def test_a_secrets_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    gone, empty = str(tmp_path / "gone"), str(tmp_path / "empty")
    first, second = problems_of({"GOOGLE_API_KEY_FILE": gone, "GEMINI_API_KEY_FILE": empty})
    assert first.startswith(f"GOOGLE_API_KEY_FILE: {gone} cannot be read")
    assert second == f"GEMINI_API_KEY_FILE: {empty} is empty: write the secret into it."


def test_an_unknown_setting_of_ours_is_refused_with_the_likely_one() -> None:
    first, second = problems_of({"FRONTLINE_CALL_AT_ONCE": "5", "FRONTLINE_XYZZY": "1"})
    assert first == "FRONTLINE_CALL_AT_ONCE is no setting: did you mean FRONTLINE_CALLS_AT_ONCE?"
    assert second == "FRONTLINE_XYZZY is no setting: README.md lists every setting."


def test_an_unknown_setting_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FRONTLINE_LOGLEVEL=debug\n")
    (problem,) = problems_of({}, tmp_path / ".env")
    assert "did you mean FRONTLINE_LOG_LEVEL?" in problem


@pytest.mark.parametrize(
    "name",
    [
        "FRONTLINE_SERVICE_HOST",
        "FRONTLINE_SERVICE_PORT_HTTP",
        "FRONTLINE_PORT_8000_TCP_ADDR",
        "FRONTLINE_CONSOLE_PORT_80_TCP",
        "FRONTLINE_DIR",
        "FRONTLINE_PYTHON",
        "OTHER_THING",
    ],
)
def test_names_that_others_put_there_are_left_alone(name: str) -> None:
    assert load({name: "tcp://10.0.0.1:80"}, None).port == 8000


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("PORT", "70000", "a port, 0 to 65535"),
        ("FRONTLINE_CALLS_AT_ONCE", "0", "a whole number, 1 to 10000"),
        ("FRONTLINE_CALLS_AT_ONCE", "many", "a whole number"),
        ("FRONTLINE_SILENCE_S", "nan", "seconds, 3 to 120"),
        ("FRONTLINE_DRAIN_S", "-1", "seconds, 0 to 14400"),
        ("FRONTLINE_LONGEST_CALL_S", "5", "seconds, 30 to 14400"),
        ("FRONTLINE_LOG_FORMAT", "xml", "`json` or `text`"),
        ("FRONTLINE_LIVE_API_VERSION", "beta", "a version such as `v1beta`"),
        ("FRONTLINE_REHEARSAL_OPTIONS", "--say 'open", "options as on a command line"),
        ("FRONTLINE_SIGNATURES", "off", "`off-i-know`"),
        ("TWILIO_ACCOUNT_SID", "AC123", "`AC` and 32 hexadecimal digits"),
        ("GOOGLE_GEMINI_BASE_URL", "localhost:1", "an https:// address"),
        ("GOOGLE_GENAI_USE_VERTEXAI", "perhaps", "`true` or `false`"),
    ],
)
def test_a_bad_value_is_named_with_what_to_write(name: str, value: str, hint: str) -> None:
    problem = next(
        problem for problem in problems_of({**LIVE, name: value}) if problem.startswith(f'{name} is "{value}"')
    )
    assert hint in problem


@pytest.mark.parametrize(
    "url",
    [
        "http://phone.example",
        "https://phone.example/voice",
        "https://phone.example?x=1",
        "https://phone.example/#x",
        "https://user:pw@phone.example",
        "https://phone.example:port",
        "phone.example",
        "https://",
    ],
)
def test_a_public_url_is_https_and_a_host_and_no_more(url: str) -> None:
    (problem,) = problems_of({**LIVE, "PUBLIC_URL": url})
    assert problem == f'PUBLIC_URL is "{url}": write `https://` and the host\'s name, without a path.'


@pytest.mark.parametrize("url", ["https://phone.example", "https://phone.example/", "https://phone.example:443"])
def test_a_public_url_is_written_one_way(url: str) -> None:
    assert load({**LIVE, "PUBLIC_URL": url}, None).public_url == "https://phone.example"


def test_signatures_can_be_turned_off_in_writing() -> None:
    assert not load({"FRONTLINE_SIGNATURES": "off-i-know"}, None).checks_signatures


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        (LIVE, "TWILIO_AUTH_TOKEN needs PUBLIC_URL"),
        ({"GEMINI_API_KEY": "k", "PUBLIC_URL": "https://a.b"}, "PUBLIC_URL needs TWILIO_AUTH_TOKEN"),
        ({**WHOLE, "TWILIO_REGION": "ie1"}, "TWILIO_REGION needs TWILIO_EDGE"),
        ({**WHOLE, "TWILIO_EDGE": "dublin"}, "TWILIO_EDGE needs TWILIO_REGION"),
        ({**WHOLE, "TWILIO_API_KEY": "SK" + "0" * 32}, "TWILIO_API_KEY needs TWILIO_API_SECRET"),
        ({"TWILIO_ACCOUNT_SID": SID}, "TWILIO_ACCOUNT_SID needs TWILIO_AUTH_TOKEN"),
        ({"TWILIO_AUTH_TOKEN": "t"}, "TWILIO_AUTH_TOKEN needs TWILIO_ACCOUNT_SID"),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "1"}, "Vertex AI needs GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION"),
        (
            {"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p"},
            "Vertex AI needs GOOGLE_CLOUD_LOCATION",
        ),
        (
            {**WHOLE, "GOOGLE_GENAI_USE_VERTEXAI": "0", "GOOGLE_GENAI_USE_ENTERPRISE": "0", "FRONTLINE_REHEARSAL": "x"},
            "FRONTLINE_REHEARSAL is",
        ),
        ({"FRONTLINE_REHEARSAL": "off"}, "FRONTLINE_REHEARSAL=off needs a Gemini"),
    ],
)
def test_what_cannot_be_together_is_one_problem(environ: dict[str, str], problem: str) -> None:
    (said,) = problems_of(environ)
    assert said.startswith(problem)


def test_two_flags_for_vertex_must_say_the_same() -> None:
    cloud = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "l"}
    (said,) = problems_of({**cloud, "GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_GENAI_USE_ENTERPRISE": "false"})
    assert "say different things" in said


def test_everything_wrong_is_said_at_once() -> None:
    said = problems_of(
        {
            "FRONTLINE_TOLLS": "tools",
            "PORT": "http",
            "PUBLIC_URL": "http://phone.example",
            "GEMINI_API_KEY": "k",
            "TWILIO_AUTH_TOKEN": "t",
            "TWILIO_EDGE": "dublin",
        }
    )
    assert [problem.split()[0] for problem in said] == [
        "FRONTLINE_TOLLS",
        "PORT",
        "PUBLIC_URL",
        "TWILIO_EDGE",
        "TWILIO_AUTH_TOKEN",
    ]


def test_a_complaint_never_shows_a_secret() -> None:
    (said,) = problems_of({"DATABASE_URL": "mysql://user:hunter22@db/frontline"})
    assert "hunter22" not in said
    assert said.startswith("DATABASE_URL: write an address such as `sqlite:///")


def test_settings_in_a_log_show_no_secret() -> None:
    settings = load({**WHOLE, "DATABASE_URL": "sqlite:///records.db", "GEMINI_API_KEY": "AIza-hidden"}, None)
    assert "AIza-hidden" not in repr(settings)
    assert "AIza-hidden" in settings.secrets


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///records.db", "sqlite+aiosqlite:///records.db"),
        ("sqlite+aiosqlite:////var/records.db", "sqlite+aiosqlite:////var/records.db"),
    ],
)
def test_a_database_address_gets_the_driver_we_use(given: str, used: str) -> None:
    assert load({"DATABASE_URL": given}, None).database_url == used


def test_postgresql_without_its_driver_is_named_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr("app.settings.reading.find_spec", lambda name: None if name == "psycopg" else real(name))
    (problem,) = problems_of({"DATABASE_URL": "postgres://u:p@db/frontline"})
    assert "install psycopg" in problem


def test_a_postgresql_address_keeps_its_password_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.settings.reading.find_spec", lambda name: object())
    settings = load({"DATABASE_URL": "postgres://u:p%40ss@db/frontline"}, None)
    assert settings.database_url == "postgresql+psycopg://u:p%40ss@db/frontline"
    assert "p@ss" in settings.secrets
    assert "ss@db" not in repr(settings)


def test_rehearsal_options_are_read_as_a_shell_would() -> None:
    settings = load({"FRONTLINE_REHEARSAL_OPTIONS": "--drop-after 3 --reason 'gone away'"}, None)
    assert settings.rehearsal_arguments == ("--drop-after", "3", "--reason", "gone away")


def test_the_environment_of_the_load_harness_is_taken() -> None:
    environ = {
        "PUBLIC_URL": "https://frontline.example",
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": "bench-auth-token",
        "PORT": "9100",
        "GEMINI_API_KEY": "k",
        "GOOGLE_API_KEY": "k",
        "GOOGLE_GEMINI_BASE_URL": "https://127.0.0.1:9000",
        "SSL_CERT_FILE": "ca.pem",
        "FRONTLINE_PYTHON": "python",
        "FRONTLINE_DIR": ".",
    }
    settings = load(environ, None)
    assert not settings.rehearsing
    assert settings.google_gemini_base_url == "https://127.0.0.1:9000"


@pytest.mark.parametrize("attribute", Settings.model_fields)
def test_every_setting_says_what_it_is_and_what_to_write(attribute: str) -> None:
    text = Settings.model_fields[attribute].description or ""
    assert re.fullmatch(r"[^.].*\. Write .*\.", text, re.DOTALL), text


def test_the_table_names_every_setting_once_and_in_its_group() -> None:
    table = settings_table()
    names = re.findall(r"^\| `([\w<>]+)` \|", table, re.MULTILINE)
    assert names == [str(field.validation_alias) for field in Settings.model_fields.values()]
    assert re.findall(r"^\| \*\*(.+)\*\* \|", table, re.MULTILINE) == [
        "Gemini",
        "Twilio",
        "The house",
        "Calls",
        "Rehearsal",
        "After calls",
        "Watching",
    ]
    assert "| `FRONTLINE_DRAIN_S` | `600` |" in table
    assert "`TWILIO_AUTH_TOKEN_FILE`" in table


def test_the_table_in_the_readme_is_current() -> None:
    readme = README.read_text(encoding="utf-8") if README.is_file() else ""
    found = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", readme, re.DOTALL)
    if found is None:
        pytest.skip("README.md has no settings table yet")
    assert found[1].strip() == settings_table().strip()


def test_a_second_region_needs_vertex_and_must_be_another() -> None:
    assert problems_of({**WHOLE, "FRONTLINE_SECOND_LOCATION": "europe-west4"}) == (
        "FRONTLINE_SECOND_LOCATION needs Vertex AI: write GOOGLE_GENAI_USE_VERTEXAI=true, or a second model.",
    )
    vertex = {"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "us-central1"}
    assert problems_of({**vertex, "FRONTLINE_SECOND_LOCATION": "us-central1"}) == (
        "FRONTLINE_SECOND_LOCATION is GOOGLE_CLOUD_LOCATION again: write another region.",
    )
    assert load({**vertex, "FRONTLINE_SECOND_LOCATION": "europe-west4"}, None).second_route


def test_a_second_model_must_be_another_unless_it_is_elsewhere() -> None:
    same = {**WHOLE, "FRONTLINE_MODEL": "gemini-3.8-live", "FRONTLINE_SECOND_MODEL": "gemini-3.8-live"}
    assert problems_of(same) == ("FRONTLINE_SECOND_MODEL is FRONTLINE_MODEL again: write another model.",)
    assert load({**same, "FRONTLINE_SECOND_BASE_URL": "https://live.example"}, None).second_route
    assert not load(WHOLE, None).second_route


def test_renewals_can_be_forced_often() -> None:
    settings = load({"FRONTLINE_RENEW_AFTER_S": "20", "FRONTLINE_FRESH_AFTER_S": "60"}, None)
    assert (settings.renew_after_s, settings.fresh_after_s) == (20.0, 60.0)
    assert (load({}, None).renew_after_s, load({}, None).fresh_after_s) == (540.0, 3_000.0)


def test_the_length_of_uplink_messages_is_one_of_a_few() -> None:
    assert load({"FRONTLINE_UPLINK_MS": "20"}, None).uplink_ms == 20
    with pytest.raises(SettingsError, match=r'FRONTLINE_UPLINK_MS is "30": write 20, 40'):
        load({"FRONTLINE_UPLINK_MS": "30"}, None)


def test_a_port_under_our_name_is_refused_unless_kubernetes_wrote_it() -> None:
    assert load({"FRONTLINE_PORT": "tcp://10.0.0.7:8000"}, None).port == 8000
    assert problems_of({"FRONTLINE_PORT": "9123"}) == ("FRONTLINE_PORT is no setting: did you mean PORT?",)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///orders.db", "sqlite+aiosqlite:///orders.db"),
        ("sqlite+aiosqlite:////srv/orders.db", "sqlite+aiosqlite:////srv/orders.db"),
    ],
)
def test_the_database_of_the_orders_is_opened_with_an_async_driver(written: str, meant: str) -> None:
    assert load({"ORDERS_URL": written}, None).for_tools["ORDERS_URL"] == meant


@pytest.mark.parametrize(
    "written", ["orders.db", "nosuch://host/db", "sqlite+pysqlite:///orders.db", "mysql+aiomysql://u:hidden@host/db"]
)
def test_an_address_the_order_tools_cannot_open_is_refused_and_not_repeated(written: str) -> None:
    (problem,) = problems_of({"ORDERS_URL": written})
    assert problem == "ORDERS_URL: write an address such as `sqlite+aiosqlite:///orders.db`."


def test_the_secrets_of_http_tools_are_read_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from a file\n", encoding="utf-8")
    given = {"TOOL_SECRET_SHIPPING": "one", "TOOL_SECRET_CRM_KEY_FILE": str(file)}
    settings = load(given, None)
    assert {name: secret.get_secret_value() for name, secret in settings.tool_secrets.items()} == {
        "SHIPPING": "one",
        "CRM_KEY": "from a file",
    }
    assert {"one", "from a file"} <= set(settings.secrets)


def test_a_tools_secret_without_its_file_is_named() -> None:
    with pytest.raises(SettingsError, match="TOOL_SECRET_CRM_FILE: nowhere cannot be read"):
        load({"TOOL_SECRET_CRM_FILE": "nowhere"}, None)


def test_hosts_of_tools_are_a_list_with_commas() -> None:
    settings = load({"FRONTLINE_TOOL_HOSTS": "api.example.com, Other.example.com"}, None)
    assert settings.tool_hosts == {"api.example.com", "other.example.com"}


def test_commands_of_mcp_servers_are_whole_lines_with_semicolons() -> None:
    settings = load({"FRONTLINE_MCP_COMMANDS": " warehouse-mcp --read-only; python 'a b.py' ;"}, None)
    assert settings.mcp_commands == {"warehouse-mcp --read-only", "python 'a b.py'"}
    assert load({}, None).mcp_commands == frozenset()


def test_callers_are_blocked_by_a_list_or_by_a_file(tmp_path: Path) -> None:
    listed = load({"FRONTLINE_BLOCKED": "+12125550123, +88*"}, None)
    assert listed.blocked == {"+12125550123", "+88*"}
    file = tmp_path / "blocked.txt"
    file.write_text("+12125550123  # called a hundred times\n\n+88*\n")
    assert load({"FRONTLINE_BLOCKED": str(file)}, None).blocked == listed.blocked
    assert load({}, None).blocked == frozenset()


@pytest.mark.parametrize("given", ["2125550123", "+1*2", "no/such/file", "*"])
def test_what_blocks_nobody_is_a_mistake(given: str) -> None:
    (problem,) = problems_of({"FRONTLINE_BLOCKED": given})
    assert "write them with commas between, such as" in problem.lower()


def test_countries_are_named_by_their_codes() -> None:
    assert load({"FRONTLINE_COUNTRIES": "us, CA"}, None).countries == {"US", "CA"}
    (problem,) = problems_of({"FRONTLINE_COUNTRIES": "US, USA"})
    assert "ISO codes" in problem


def test_a_number_is_taken_ten_times_an_hour_but_in_a_rehearsal() -> None:
    assert load(WHOLE, None).calls_per_caller_an_hour == 10
    assert load({}, None).calls_per_caller_an_hour is None
    assert load({"FRONTLINE_CALLS_PER_CALLER_AN_HOUR": "2"}, None).calls_per_caller_an_hour == 2


def test_objects_are_in_the_data_folder_or_elsewhere_with_keys_of_their_own() -> None:
    assert load({"FRONTLINE_DATA": "/srv/data"}, None).objects == "/srv/data/objects"
    assert not load({"FRONTLINE_OBJECTS": "/mnt/objects"}, None).objects_elsewhere
    (problem,) = problems_of({"FRONTLINE_OBJECTS": "s3://bucket/calls"})
    assert problem.startswith("FRONTLINE_OBJECTS is a bucket: it needs FRONTLINE_ENCRYPTION_KEYS")
    keys = f"{'A' * 43}=, {'B' * 43}="
    settings = load({"FRONTLINE_OBJECTS": "s3://bucket/calls", "FRONTLINE_ENCRYPTION_KEYS": keys}, None)
    assert settings.objects_elsewhere
    assert {f"{'A' * 43}=", f"{'B' * 43}="} < set(settings.secrets)


@pytest.mark.parametrize("place", ["ftp://host/path", "s3://", "https://bucket.example", "s3://key:secret@bucket"])
def test_an_object_store_is_a_folder_or_a_bucket(place: str) -> None:
    (problem,) = problems_of({"FRONTLINE_OBJECTS": place, "FRONTLINE_ENCRYPTION_KEYS": f"{'A' * 43}="})
    assert problem.startswith("FRONTLINE_OBJECTS is")


def test_an_encryption_key_that_is_none_is_told_without_being_shown() -> None:
    (problem,) = problems_of({"FRONTLINE_ENCRYPTION_KEYS": "short-key"})
    assert problem.startswith("FRONTLINE_ENCRYPTION_KEYS: write 32 bytes in base64")
    assert "short-key" not in problem


def test_receivers_of_events_are_read_and_their_secrets_kept_out_of_logs_and_complaints() -> None:
    secret = f"whsec_{'a' * 32}"
    settings = load({"FRONTLINE_WEBHOOKS": f"https://crm.example/x {secret} call.ended"}, None)
    assert [one.events for one in settings.endpoints] == [{"call.ended"}]
    assert secret in settings.secrets
    assert load({"FRONTLINE_WEBHOOK_HOSTS": "crm.internal, Erp"}, None).webhook_hosts == {"crm.internal", "erp"}
    (problem,) = problems_of({"FRONTLINE_WEBHOOKS": f"https://crm.example/x {secret} call.lost"})
    assert problem.startswith("FRONTLINE_WEBHOOKS: write an address, a secret")
    assert secret not in problem


def test_who_is_told_of_alerts_is_checked_and_kept_out_of_logs() -> None:
    slack = "https://hooks.slack.com/services/T0/B0/xyz"
    given = {
        "FRONTLINE_ALERT_CHANNELS": f"mailto:ops@example.com slack:{slack}",
        "FRONTLINE_SMTP": "smtps://me:p%2Fw@mail.example.com?from=frontline@example.com",
    }
    assert {slack, "p/w"} <= set(load(given, None).secrets)
    wrong = problems_of({"FRONTLINE_ALERT_CHANNELS": "ops@example.com", "FRONTLINE_SMTP": "mail.example.com"})
    assert [problem.partition(":")[0] for problem in wrong] == ["FRONTLINE_ALERT_CHANNELS", "FRONTLINE_SMTP"]
    assert "ops@" not in str(wrong)


def test_traces_go_to_the_base_address_or_to_the_whole_one() -> None:
    base, whole = (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"},
        {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/x"},
    )
    assert load({}, None).traces_to is None
    assert load(base, None).traces_to == "http://c:4318/v1/traces"
    assert load({**base, **whole}, None).traces_to == "http://t/x"


def test_headers_of_traces_are_a_secret_in_both_of_their_forms() -> None:
    settings = load({"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20abc123, x-key=k2"}, None)
    assert {"Basic%20abc123", "Basic abc123", "k2"} <= set(settings.secrets)
    assert "abc123" not in repr(settings)
    (problem,) = problems_of({"OTEL_EXPORTER_OTLP_HEADERS": "abc123"})
    assert problem.startswith("OTEL_EXPORTER_OTLP_HEADERS: write `name=value`")
    assert "abc123" not in problem
