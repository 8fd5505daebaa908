wsclose 1
role server
# The peer resets TCP right after its Close.
> close 3333
> reset
