wsclose 1
role client
# Who closes, and ends what it sends, may fail at answering the Ping, and never see what is wrong with the Close.
app close
> ping "p"
> octets b801 00 glue
