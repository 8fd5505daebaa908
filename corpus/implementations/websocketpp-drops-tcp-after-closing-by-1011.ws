wsclose 1
role server
# The application closes with 1011: WebSocket++ closes TCP after its Close, without waiting for a reply.
app close 1011
> close 1011
> fin
