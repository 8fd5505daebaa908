wsclose 1
role server
# Overlong forms: NUL in two octets, U+0000 in three, U+0000 in four.
> close 3333 hex:c080
wait 2
> fin
connect
> close 3333 hex:e08080
wait 2
> fin
connect
> close 3333 hex:f0808080
wait 2
> fin
