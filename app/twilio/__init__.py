"""The phone side: Twilio's webhooks, Media Streams and call control, translated to the call's events."""
