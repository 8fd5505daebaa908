wsclose 1
role server
# The peer resets TCP.
> text "hi"
> reset
