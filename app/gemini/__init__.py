"""The model side: Live sessions on the wire, turned into the call's events and back."""
