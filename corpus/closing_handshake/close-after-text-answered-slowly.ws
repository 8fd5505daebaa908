wsclose 1
role server
# Time passes after a message and a Close, and after a Close between fragments.
> text "a\0b"
wait 1
> close 1000
wait 4
> fin
connect
> text "par" fin=0
> close 1000
wait 4
> fin
