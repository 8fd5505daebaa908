wsclose 1
role server
# A reason that is not UTF-8 after a message, and between the fragments of one.
> text "hi"
wait 1
> close 3333 hex:ff
wait 2
> fin
connect
> text "par" fin=0
wait 1
> close 3333 hex:ff
wait 2
> fin
