wsclose 1
role server
# The peer closes TCP in place of a reply, and time passes.
app close 1000
> fin
wait 4
