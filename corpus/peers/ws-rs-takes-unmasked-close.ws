wsclose 1
role server
# ws-rs, as its settings are by default, takes a Close that a client did not mask.
> close 3333 mask=wrong
