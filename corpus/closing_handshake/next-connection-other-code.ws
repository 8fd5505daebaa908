wsclose 1
role server
# A Close with another code than on the connection before.
> close 3333
wait 2
> fin
connect
> close 1001
wait 2
> fin
