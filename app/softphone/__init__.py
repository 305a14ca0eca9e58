"""The phone in a browser: places calls as Twilio would, with the browser's microphone and loudspeaker at their end."""
