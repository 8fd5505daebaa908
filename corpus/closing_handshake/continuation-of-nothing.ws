wsclose 1
role server
# A continuation frame arrives with no message in progress.
> continuation "x"
wait 2
> fin
