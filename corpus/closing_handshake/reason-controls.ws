wsclose 1
role server
# Control characters in a reason: TAB, line feed, DEL and two of C1.
> close 1000 "a\t\n\u{7f}\u{80}\u{9f}"
wait 1
> fin
