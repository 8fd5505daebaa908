wsclose 1
role server
# Beast waits for ever when text that is not UTF-8 goes on after its application closed: the key makes 00 an octet that no UTF-8 has.
> text "a" claim=9
app close
> octets 00
> fin
