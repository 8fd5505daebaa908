wsclose 1
role server
# The application closes; a Ping comes before the peer's answer, then the same with both in one segment.
app close
> ping "p"
> close 1000
> fin
again whole
