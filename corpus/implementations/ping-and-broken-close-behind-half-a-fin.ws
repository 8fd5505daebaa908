wsclose 1
role client
# An endpoint that shut down its write side may fail to send the Pong and never read the flawed Close.
app close
> ping "p"
> octets b801 00 glue
