wsclose 1
role server
# The application closes by 1011: WebSocket++ closes TCP behind its Close, without waiting for an answer.
app close 1011
> close 1011
> fin
