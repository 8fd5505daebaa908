wsclose 1
role server
# A Close with a masking key that begins with zero, and one with a key that has every bit set.
> close 1000 key=00112233
wait 2
> fin
connect
> close 1000 key=ffffffff
wait 2
> fin
