"""Commands that end a host's own log of what people do, and those that only look as if they did."""

import pytest

from collectors.ssh.log_commands import ends_log


@pytest.mark.parametrize(
    "command",
    [
        "/usr/bin/systemctl stop auditd",
        "/usr/bin/systemctl disable --now rsyslog.service",
        "/usr/sbin/service auditd stop",
        "/etc/init.d/rsyslog stop",
        "/sbin/rc-update del syslog-ng default",
        "/usr/sbin/auditctl -e 0",
        "/usr/sbin/auditctl -D",
        "/usr/bin/journalctl --rotate --vacuum-time=1s",
        "/usr/bin/rm -f /var/log/auth.log",
        "/usr/bin/rm -rf /var/log/audit/",
        "/usr/bin/rm -rf /var/log/*",
        "/usr/bin/truncate -s 0 /var/log/secure",
        "/usr/bin/rm /var/log/secure-20261014.gz",
        "/usr/bin/shred -u /var/log/wtmp",
        "/usr/bin/cp /dev/null /var/log/auth.log",
        "/bin/bash -c > /var/log/auth.log",
        "/bin/sh -c cd / && systemctl stop filebeat",
        "/usr/bin/tee /var/log/auth.log",
        "/usr/bin/pkill -9 rsyslogd",
        "/usr/bin/killall auditd",
        "/usr/bin/sed -i /sam/d /var/log/auth.log",
        "/bin/sed -Ei.bak s/sam/tom/ /var/log/secure",
        "/usr/bin/perl -pi -e s/sam/tom/ /var/log/auth.log",
    ],
)
def test_commands_that_end_the_log(command):
    assert ends_log(command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "/usr/bin/systemctl restart rsyslog",
        "/usr/bin/systemctl stop nginx",
        "/usr/bin/rm /var/log/authelia.log",
        "/usr/bin/rm -r /var/log/secure-app/old",
        "/usr/bin/cp /var/log/auth.log /dev/null",
        "/usr/bin/systemctl status auditd",
        "/usr/sbin/auditctl -l",
        "/usr/bin/journalctl --vacuum-time=30d",
        "/usr/bin/journalctl --vacuum-size=500M",
        "/usr/bin/rm /var/log/nginx/access.log.3.gz",
        "/usr/bin/rm /var/log/syslog.1",
        "/usr/bin/tail -f /var/log/auth.log",
        "/usr/bin/tee -a /var/log/auth.log",
        "/bin/sh -c echo x >> /var/log/auth.log",
        "/usr/bin/pkill -HUP rsyslogd",
        "/usr/bin/killall -s USR1 vector",
        "/usr/bin/pkill nginx",
        "/usr/bin/sed -n /sam/p /var/log/auth.log",
        "/usr/bin/sed -i s/a/b/ /etc/rsyslog.d/remote.conf",
        "/bin/mv /var/log/auth.log /var/log/auth.log.old",
        "/usr/bin/vim /home/nina/auth.log",
        "sh -c " * 900,
    ],
)
def test_commands_that_do_not(command):
    assert not ends_log(command)
