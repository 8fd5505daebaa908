wsclose 1
role server
# An endpoint that shut down its write side may accept a long form of a length and fail to send the Pong.
app close
> ping "p" form=16 glue
> binary
