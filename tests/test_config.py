"""Settings: the file, the environment above it, and every fault in one list."""

import pytest

from bot.config import ConfigurationFaulty, load


def test_without_a_file_the_defaults_stand(tmp_path):
    settings = load(tmp_path / "none.yml", {})

    assert (settings.web.port, settings.telegram.token) == (8000, "")


def test_the_environment_wins_over_the_file(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("web:\n  port: 9000\n  host: 0.0.0.0\n")

    settings = load(file, {"TEDUH_WEB__PORT": "9001"})

    assert (settings.web.host, settings.web.port) == ("0.0.0.0", 9001)


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path):
    file = tmp_path / "token"
    file.write_text("42:abc\n")

    assert load(None, {"TEDUH_TELEGRAM__TOKEN_FILE": str(file)}).telegram.token == "42:abc"


def test_all_faults_are_told_at_once_and_no_secret_is_repeated(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("web:\n  port: delapan\n  prot: 1\nwebb:\n  a: 1\ntelegram:\n  token: '42:rahasiaku'\n")

    with pytest.raises(ConfigurationFaulty) as raised:
        load(file, {"TEDUH_TELEGRAM__API_URL": "http://10.0.0.1"})

    told = "\n".join(raised.value.faults)
    assert len(raised.value.faults) == 4
    for word in ("web.port", "web.prot", "webb", "telegram.token"):
        assert word in told
    assert "rahasiaku" not in told


def test_a_secret_of_the_wrong_kind_is_named_and_not_shown(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("telegram:\n  token: [rahasiaku]\n")

    with pytest.raises(ConfigurationFaulty) as raised:
        load(file, {})

    assert "telegram.token has a value, which is not text." in raised.value.faults
    assert "rahasiaku" not in str(raised.value)


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        pytest.param({"TEDUH_WEB__PORT": "70000"}, "web.port", id="no such port"),
        pytest.param({"TEDUH_TELEGRAM__TOKEN": "abc"}, "BotFather", id="no bot token"),
        pytest.param({"TEDUH_TELEGRAM__API_URL": "http://example.org"}, "https", id="a token would travel in clear"),
        pytest.param({"TEDUH_TELEGRAM__TOKEN_FILE": "/none"}, "can't be read", id="no such file"),
        pytest.param({"TEDUH_WEB__PROXIES": "10.0.0.1 *"}, "web.proxies", id="anybody could say where they come from"),
        pytest.param({"TEDUH_LIMITS__NEW_TALKS": "0"}, "limits", id="nobody could write"),
        pytest.param({"TEDUH_WEB__PUBLIC_URL": "foo"}, "web.public_url", id="no address"),
        pytest.param({"TEDUH_WEB__PUBLIC_URL": "https://"}, "web.public_url", id="an address of nothing"),
        pytest.param({"TEDUH_WEB__PORT": "delapan"}, "web.port is `delapan`, which is not a whole number", id="no number"),
        pytest.param({"TEDUH_SIGNIN__HOURS": "x"}, "signin.hours is `x`, which is not a number", id="no hours"),
        pytest.param({"TEDUH_SIGNIN__HOURS": "0"}, "signin", id="nobody could be signed in"),
        pytest.param({"TEDUH_HANDOFF__SLOTS": "0"}, "slots", id="nobody could be taken"),
    ],
)
def test_a_setting_that_can_not_work_stops_the_start(environment: dict[str, str], word: str):
    with pytest.raises(ConfigurationFaulty, match=word):
        load(None, environment)


def test_partners_are_a_list_in_the_file_and_a_text_in_the_environment(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("web:\n  public_url: https://teduh.id\n  partners: [https://a.example.id, https://b.example.id:8443]\n")

    assert load(file, {}).partners == ["https://a.example.id", "https://b.example.id:8443"]
    assert load(file, {"TEDUH_WEB__PARTNERS": "https://c.example.id, https://d.example.id"}).partners == [
        "https://c.example.id",
        "https://d.example.id",
    ]
    assert load(None, {}).partners == []


@pytest.mark.parametrize(
    "origin",
    [
        "www.example.id",
        "https://www.example.id/",
        "https://www.example.id/tentang",
        "https://*.example.id",
        "*",
        "null",
        "https://Www.example.id",
        "https://www.example.id:443",
        "https://www.example.id:0",
        "https://user@example.id",
        "http://www.example.id",
        "https://example",
        "https://-a.example.id",
        "https://example..id",
        "https://contoh.例え",
        "https://example.id;script-src",
        "https://example.id'",
    ],
)
def test_a_partner_that_is_no_origin_stops_the_start_in_one_sentence(origin: str):
    with pytest.raises(ConfigurationFaulty) as raised:
        load(None, {"TEDUH_WEB__PARTNERS": origin, "TEDUH_WEB__PUBLIC_URL": "https://teduh.id"})

    (fault,) = raised.value.faults
    assert fault == (
        f"web.partners names `{origin}`, which is no origin: write it as https://www.example.id, in small letters, without a path."
    )


def test_partners_need_the_address_that_people_use():
    with pytest.raises(ConfigurationFaulty, match=r"^web\.partners needs web\.public_url, beginning with https://"):
        load(None, {"TEDUH_WEB__PARTNERS": "https://www.example.id"})


WHATSAPP = {
    "TEDUH_WHATSAPP__TOKEN": "EAAG",
    "TEDUH_WHATSAPP__NUMBER": "100200300400500",
    "TEDUH_WHATSAPP__APP_SECRET": "0" * 32,
    "TEDUH_WHATSAPP__VERIFY_TOKEN": "v" * 24,
    "TEDUH_WHATSAPP__WEBHOOK_PATH": "p" * 24,
}


def test_the_languages_of_a_template_are_those_that_may_be_written_first():
    assert load(None, WHATSAPP).templates == {}
    assert load(None, {"TEDUH_WHATSAPP__TEMPLATE": "kabar"}).templates == {}
    chosen = {"TEDUH_WHATSAPP__TEMPLATE": "kabar", "TEDUH_WHATSAPP__TEMPLATE_LANGUAGES": "id, en_US"}
    assert load(None, WHATSAPP | chosen).templates == {"whatsapp": ["id", "en_US"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEMPLATE", "Kabar Netral"),
        ("TEMPLATE_LANGUAGES", ""),
        ("TEMPLATE_LANGUAGES", "Indonesia"),
        ("APP_SECRET", ""),
        ("NUMBER", "+62 812"),
        ("VERIFY_TOKEN", "short"),
        ("VERSION", "26"),
        ("API_URL", "http://10.0.0.1"),
    ],
)
def test_a_number_that_could_not_work_or_could_be_forged_stops_the_start(name: str, value: str):
    settings = WHATSAPP | {"TEDUH_WHATSAPP__TEMPLATE": "kabar"} | {f"TEDUH_WHATSAPP__{name}": value}

    with pytest.raises(ConfigurationFaulty, match=f"whatsapp.{name.lower()}"):
        load(None, settings)


def test_a_broken_file_is_told_with_its_line(tmp_path):
    file = tmp_path / "config.yml"
    file.write_text("web:\n  port: [1\nx: }\n")

    with pytest.raises(ConfigurationFaulty, match="line"):
        load(file, {})


def test_the_project_s_own_settings_are_sound():
    from pathlib import Path

    assert load(Path("config.yml"), {}).web.port == 8000
