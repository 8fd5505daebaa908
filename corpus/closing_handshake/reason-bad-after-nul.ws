wsclose 1
role server
# A reason that is not UTF-8 after its NUL, and one in its middle.
> close 3333 hex:6100ff
wait 2
> fin
connect
> close 3333 hex:6161616161616161616161616161616161616161ff6161616161616161616161616161616161616161
wait 2
> fin
