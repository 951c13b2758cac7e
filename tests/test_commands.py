"""Credentials on command lines, in shell scripts, mount options and configuration files."""

import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvlint.checks import commands, config_files, shell, values
from kvlint.checks.values import CREDENTIAL
from kvlint.finding import Severity
from kvlint.knowledge import credential_keys as keys

CEPH = "AQBub3RhcmVhbGtleW5vdGFyZWFsa2V5bm90YXJl=="


def literals(strings):
    """The credentials that a command line gives away, as (number of the string, text)."""
    return [
        (hit.at, strings[hit.at][hit.verdict.start : hit.verdict.end])
        for hit in commands.find(strings)
        if hit.verdict.kind == CREDENTIAL
    ]


def texts(found, text):
    return [text[one.verdict.start : one.verdict.end] for one in found]


@pytest.mark.parametrize(
    "line",
    [
        "targetd --targetd-password=SECRET9",
        "targetd --targetd-password SECRET9",
        "app -password SECRET9",
        "mysql -u root -pSECRET9 -h db",
        "/usr/bin/mysqladmin ping -pSECRET9",
        "curl -u me:SECRET9 https://example.org",
        "curl --user=me:SECRET9 https://example.org",
        "curl -ume:SECRET9 https://example.org",
        "sshpass -p SECRET9 ssh nas",
        "sshpass -pSECRET9 ssh nas",
        "redis-server --requirepass SECRET9",
        "redis-cli -h r -a SECRET9 ping",
        "mongodump -p SECRET9 -u me",
        "docker login -u me -p SECRET9 registry",
        "mc alias set store http://minio:9000 me SECRET9",
        "mc --insecure config host add store http://minio:9000 me SECRET9",
        "rclone config create store s3 secret_access_key=SECRET9",
        "aws configure set aws_secret_access_key SECRET9",
        "rabbitmqctl add_user me SECRET9",
        "vault login SECRET9",
        "htpasswd -b /etc/users me SECRET9",
        "iscsiadm -m node -o update -n node.session.auth.password -v SECRET9",
        "heketi-cli --secret SECRET9 volume list",
        "rbd map data --key SECRET9",
        "ldapsearch -x -w SECRET9",
        "smbclient //nas/share -U me%SECRET9",
        "openssl rsa -passin pass:SECRET9",
        "mount -t cifs //nas/share /mnt -o uid=0,password=SECRET9,username=me",
        "mount -t ceph mon:/ /mnt -o name=admin,secret=SECRET9",
        "app --set auth.password=SECRET9",
        "kubectl create secret generic a --from-literal=password=SECRET9",
        "java -Dapp.password=SECRET9 -jar app.jar",
        "app --hook=x=https://example.org/?access_token=SECRET9",
        "git clone https://me:SECRET9@git.example/a.git",
        "env DB_PASSWORD=SECRET9 app",
    ],
)
def test_one_credential_of_a_command_line(line):
    strings = line.split()
    (found,) = literals(strings)
    assert found[1] == "SECRET9"
    script = ["sh", "-c", f"set -e\n{line}\n"]
    assert literals(script) == [(2, "SECRET9")]


@pytest.mark.parametrize(
    "line",
    [
        "nfs-provisioner -provisioner=example.com/nfs",
        "etcd --initial-cluster-token=cluster-1",
        "etcd --initial-cluster-token cluster-1",
        "app --max-total-tokens 4096 --password-file=/run/secrets/a --auth-mode=server",
        "app --tls-private-key-file=/etc/tls.key --secret=ns/name --tls-secret a-tls --use-token=true",
        "app --set auth.existingSecret=a",
        "docker run -p 80:80 -u me:me image",
        "redis-cli -p 6379 ping",
        "mkdir -p /var/lib/mysql",
        "curl -u me https://example.org",
        "mysql -u root -p",
        "app --token --verbose",
        "mount -o credentials=/etc/cifs,secretfile=/etc/ceph //nas/share /mnt",
        "lctl ping 192.0.2.1@tcp:192.0.2.2@tcp",
    ],
)
def test_command_lines_that_give_nothing_away(line):
    assert not list(commands.find(line.split()))
    assert not list(commands.find(["sh", "-c", f"{line}\n"]))


@pytest.mark.parametrize(
    "script",
    [
        "mysql -p$PW",
        'mysql -p"${PW}"',
        "mysql -p$(cat /run/secrets/pw)",
        "export DB_PASSWORD=`cat /run/secrets/pw`",
        "DB_PASSWORD=pre-$PW app",
        "curl https://me:$PW@example.org",
        'curl -H "Authorization: Bearer $(cat /token)" x',
        "cat > a <<EOF\npassword = ${PW}\nEOF",
        "echo me:$PW | chpasswd",
        "# mysql -pnot-reported\nls",
        "mysql -e \"ALTER USER me IDENTIFIED BY '$PW'; CHANGE MASTER TO MASTER_PASSWORD=''\"",
        "mc alias set store http://minio:9000 $AK $SK",
    ],
)
def test_what_the_shell_replaces_is_no_credential(script):
    assert not list(commands.find(["sh", "-c", script + "\n"]))


@pytest.mark.parametrize(
    ("script", "secret"),
    [
        ("mysql -p'a b'", "a b"),
        ('mysql -p"a\\"b9"', 'a\\"b9'),
        ("mysql -pa\\ b9", "a\\ b9"),
        ("x=$(mysql -pinner9)", "inner9"),
        ("if true; then\n  mysql \\\n    -pnext9\nfi", "next9"),
        ("cat > a <<'EOF'\n[x]\npassword = doc9x\nEOF\nls", "doc9x"),
        ("cat <<-EOF\n\tpassword: doc9x\n\tEOF\n", "doc9x"),
        ("echo id:echoed9 > /etc/passwd-s3fs", "echoed9"),
        ("echo 'me:piped9' | chpasswd", "piped9"),
        ("printf piped9 | docker login --password-stdin -u me r", "piped9"),
        ("curl -H 'Authorization: Bearer header9' x", "header9"),
        ("mysql -e \"CREATE USER me IDENTIFIED BY 'sql9'\"", "sql9"),
        ('curl -d \'{"password": "json9"}\' x', "json9"),
        ("echo 'a\npassword=lines9\n' > a", "lines9"),
    ],
)
def test_scripts(script, secret):
    assert literals(["sh", "-c", script]) == [(2, secret)]


def test_storage_programs_are_errors_and_others_warnings():
    by_program = {
        line: next(commands.find(line.split())).verdict.severity
        for line in ("mc alias set a http://m me x9y8", "mysql -px9y8", "app --s3-secret-access-key x9y8")
    }
    assert list(by_program.values()) == [Severity.ERROR, Severity.WARNING, Severity.ERROR]


def test_placeholders_on_a_command_line_are_infos():
    (hit,) = commands.find(["app", "--api-key=<your key>"])
    assert (hit.verdict.kind, hit.name) == (values.PLACEHOLDER, "api-key")


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("dir_mode=0755,username=me,password=s9", ["s9"]),
        ("password=s9", ["s9"]),
        ("pass=s9,pass2=t9", ["s9", "t9"]),
        ("username=me%s9", ["s9"]),
        ("name=admin,secret=s9", ["s9"]),
        ("-o uid=0 -o password=s9", ["s9"]),
        ("--s3-secret-access-key=s9x8", ["s9x8"]),
        ("credentials=/etc/a,passwd_file=/etc/b,secretfile=/c", []),
        ("password=,guest", []),
        ("password=${pvc.annotations['pw']}", []),
        ("implicit-dirs,uid=1000,file-mode=777", []),
    ],
)
def test_mount_options(text, secrets):
    assert texts(config_files.without_overlaps(list(commands.mount_options(text))), text) == secrets


@pytest.mark.parametrize(
    ("name", "text", "secrets"),
    [
        ("ceph.client.admin.keyring", f"[client.admin]\n\tkey = {CEPH}\n", [CEPH]),
        ("keyring", "[client.a]\nkey = made-up\n", ["made-up"]),
        ("notes", f"[client.a]\nkey = {CEPH}\n", [CEPH]),
        ("notes", "key = made-up\npassword = made-up\n", []),
        ("rclone.conf", "[a]\nsecret_access_key = s9\npass = t9\n# pass = u9\n", ["s9", "t9"]),
        ("cloud.conf", '[Global]\npassword = "a # b"\nuser=me\n', ["a # b"]),
        ("cloud.conf", "[Global]\npassword = s9 # a comment\n", ["s9"]),
        ("cloud.conf", "password =\nsecret-name = a\n", []),
        ("azure.json", '{"aadClientSecret": "s9", "aadClientId": "x"}', ["s9"]),
        ("backend.json", '{"password": "", "svm": "x"}', []),
        ("clouds.yaml", "clouds:\n  a:\n    auth:\n      password: s9\n", ["s9"]),
        ("passwd-s3fs", "id:s9\nbucket:id:t9\n", ["s9", "t9"]),
        ("credentials", "[default]\naws_secret_access_key=s9\n", ["s9"]),
        ("iscsid.conf", "node.session.auth.password = s9\n#node.session.auth.password = t9\n", ["s9"]),
        ("rclone.conf", 'pass = {{ include "x" . }}\n', []),
    ],
)
def test_configuration_files(name, text, secrets):
    assert texts(config_files.find(name, text), text) == secrets


WORDS = st.text(alphabet="ab$ '\"\\\n#;|&<>(){}`-=:", max_size=40)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_no_script_is_too_broken_to_read(script):
    parsed = shell.parse(script)
    for command in parsed.commands:
        for word in command.words:
            assert len(word.at) >= len(word.text) or word.text == shell.REDIRECT
            assert all(0 <= at <= len(script) for at in word.at)
    assert all(0 <= start <= end <= len(script) for start, end in parsed.heredocs)
    for hit in commands.find(["sh", "-c", script]):
        assert 0 <= hit.verdict.start < hit.verdict.end <= len(script)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcYZ019 !%^&()_+=~?@'\"", min_size=4, max_size=20))
def test_a_quoted_password_is_found_where_it_is(password):
    if not re.search(r"[a-z]{2}.*[0-9]", password) or password.strip() != password:
        return
    script = f"mysql -u root -p{shlex.quote(password)} db\n"
    (found,) = literals(["sh", "-c", script])
    assert shlex.split(f"-p{shlex.quote(password)}") == [f"-p{password}"]
    assert found[1] == password or "'\"'\"'" in script


def test_deep_nesting_and_long_lines_end():
    assert not list(commands.find(["sh", "-c", "$(" * 2000 + "mysql -p$X"]))
    assert not list(commands.find(["sh", "-c", "<<A " * 2000 + "\npassword $X\n"]))
    assert literals(["sh", "-c", "x " * 20000 + "\nmysql -pend9\n"]) == [(2, "end9")]


def test_every_program_of_the_table_is_read():
    assert {name for name in keys.programs() if "/" in name} == set()
    for program in set(keys.programs().values()):
        assert any(
            (*program.attached, *program.separate, *program.userpass, *program.options, *program.passphrase)
        ) or (program.positional or program.last)
