wsclose 1
role server
# A Close after an empty message, after one of 126 octets, and after one of 64 KiB.
> text
wait 1
> close 1000
wait 2
> fin
connect
> text "a" * 126
wait 1
> close 1000
wait 2
> fin
connect
> text "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 255 fin=0
> continuation "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" * 255 fin=0
> continuation "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" * 11
wait 1
> close 1000
wait 2
> fin
