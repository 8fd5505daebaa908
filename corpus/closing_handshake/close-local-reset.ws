wsclose 1
role server
# The peer resets TCP instead of replying.
app close 1000
> reset
