wsclose 1
role server
# Five connections in a row, each as plain as the first.
> close 3333 "r"
wait 2
> fin
connect
> close 3333 "r"
wait 2
> fin
connect
> close 3333 "r"
wait 2
> fin
connect
> close 3333 "r"
wait 2
> fin
connect
> close 3333 "r"
wait 2
> fin
