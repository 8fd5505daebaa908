wsclose 1
role server
# The peer closes while the application does not read; later the application reads again.
app pause
> close 3333 "r"
wait 3
app resume
> fin
