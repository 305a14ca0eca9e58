"""Tells one channel of one alert: a mail, or a message in Slack."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from app.alerts.channels import Channel, MailServer
from app.alerts.watch import TELL
from app.store.outbox import Job
from app.store.worker import Again, Hopeless, Trade
from app.webhooks.sending import NotSent, Sender

LIMIT_S: Final = 15.0
SHORT: Final = 8  # letters of an alert's id


class NotTold(Exception):
    """A channel was not reached. ``hopeless``: it never will be, as it is set up."""

    def __init__(self, reason: str, *, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hopeless = hopeless


@dataclass(frozen=True, slots=True)
class Crier:
    """Tells the channels of one house. ``mail`` None: nobody takes mail from us."""

    channels: Sequence[Channel]
    mail: MailServer | None
    sender: Sender

    def trade(self) -> Trade:
        return Trade(TELL, self.work, at_once=2, limit_s=LIMIT_S + 10, attempts=10, first_s=5, factor=3, most_s=3_600)

    async def work(self, job: Job) -> None:
        """Tell it. Raises Again, Hopeless."""
        channel = next((one for one in self.channels if one.id == job.payload["channel"]), None)
        data = job.payload["data"]
        if channel is None or not isinstance(data, Mapping):
            raise Hopeless("the channel is not in FRONTLINE_ALERT_CHANNELS any more")
        try:
            await self.tell(channel, subject(str(job.payload["type"]), data), text(data))
        except NotTold as failed:
            raise (Hopeless if failed.hopeless else Again)(f"{channel.kind}: {failed.reason}") from failed

    async def tell(self, channel: Channel, about: str, more: str) -> None:
        """Raises NotTold."""
        if channel.kind == "mail":
            await self._mail(channel.to, about, more)
        else:
            await self._slack(channel.to, f"*{about}*\n{more}")

    async def _mail(self, to: str, about: str, more: str) -> None:
        if self.mail is None:
            raise NotTold("there is no FRONTLINE_SMTP", hopeless=True)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.mail.sender, to, about
        message.set_content(f"{more}\n")
        try:
            await aiosmtplib.send(
                message,
                hostname=self.mail.host,
                port=self.mail.port,
                username=self.mail.user or None,
                password=self.mail.password or None,
                use_tls=self.mail.tls,
                # A password goes out encrypted or not at all.
                start_tls=None if self.mail.tls or not self.mail.user else True,
                timeout=LIMIT_S,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            raise NotTold(f"refused with {error.code}", hopeless=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise NotTold(f"refused with {error.code}", hopeless=error.code in (550, 553)) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotTold(type(error).__name__) from error

    async def _slack(self, url: str, said: str) -> None:
        """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"""
        try:
            reply = await self.sender.post(url, json.dumps({"text": said}).encode())
        except NotSent as failed:
            raise NotTold(failed.reason, hopeless=failed.refused) from failed
        if reply.status != 200:
            raise NotTold(f"status {reply.status}", hopeless=reply.status in (403, 404, 410))


def subject(type: str, data: Mapping[str, object]) -> str:
    """One line: what, and whether it is over."""
    over = "resolved: " if type == "alert.resolved" else f"{data['severity']}: "
    return f"[Frontline] {over}{data['rule']}"


def text(data: Mapping[str, object]) -> str:
    """What is wrong, calls to look at, and what to do; no words or numbers of callers."""
    calls = data["calls"]
    samples = [str(one) for one in calls] if isinstance(calls, list) else []
    looks = ["", "Calls to look at:", *(f"  frontline why {call}" for call in samples)] if samples else []
    own = str(data["alert"])[:SHORT]
    dos = ["", f"I see to it:   frontline alerts ack {own} --by NAME"]
    dos.append(f"Quiet, please: frontline alerts mute {data['rule']} --hours 4 --by NAME")
    return "\n".join([str(data["told"]), *looks, *dos])
