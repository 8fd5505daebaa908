wsclose 1
role server
# ws-rs refuses 1014 in the answer to its own Close, and delivers what comes after it.
app close 1000
> close 1014
> binary "x"
