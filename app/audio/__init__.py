"""Sound: samples, G.711, resampling and speech detection. Pure; nothing here waits or reads a clock."""
