wsclose 1
role server
# The application closes; a Ping arrives before the peer's reply, then both arrive in one segment.
app close
> ping "p"
> close 1000
> fin
again whole
