wsclose 1
role client
# With its default settings, ws-rs accepts a masked Close from a server.
> close 3333 mask=wrong
