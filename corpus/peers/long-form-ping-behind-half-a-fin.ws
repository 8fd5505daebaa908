wsclose 1
role server
# Who closes, and ends what it sends, may take a long form of a length and still fail at answering the Ping.
app close
> ping "p" form=16 glue
> binary
