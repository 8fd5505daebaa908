wsclose 1
role server
# The peer resets instead of answering.
app close 1000
> reset
