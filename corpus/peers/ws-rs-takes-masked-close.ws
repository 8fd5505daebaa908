wsclose 1
role client
# ws-rs, as its settings are by default, takes a Close that a server masked.
> close 3333 mask=wrong
