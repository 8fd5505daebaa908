wsclose 1
role server
# With its default settings, ws-rs accepts an unmasked Close from a client.
> close 3333 mask=wrong
