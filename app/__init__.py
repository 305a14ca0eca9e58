"""Frontline answers a company's phone: Twilio Media Streams bridged to Gemini Live."""
