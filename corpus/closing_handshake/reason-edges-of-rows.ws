wsclose 1
role server
# The first and last characters of the rows of UTF-8.
> close 1000 "߿ࠀ\u{fff}က"
wait 1
> fin
connect
> close 1000 "쿿퀀\u{d7ff}\u{e000}�"
wait 1
> fin
connect
> close 1000 "𐀀\u{3ffff}\u{40000}\u{fffff}\u{100000}"
wait 1
> fin
