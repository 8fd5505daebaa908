# Echo server on websocket-driver, which performs no socket I/O: one thread per connection does.
# Closing behavior of the program, as in the library's documentation: it passes its input to the driver and writes
# what the driver writes. It closes TCP on the driver's `close` event or when reading ends. On the text
# close:CODE:REASON it calls the driver's close(REASON, CODE) and ignores exceptions.
require 'socket'
require 'websocket/driver'

class Connection
  def initialize(tcp)
    @tcp = tcp
    @driver = WebSocket::Driver.server(self)
    @driver.on(:connect) { @driver.start if WebSocket::Driver.websocket?(@driver.env) }
    @driver.on(:message) { |event| message(event.data) }
    @driver.on(:close) { @tcp.close unless @tcp.closed? }
    @driver.on(:error) { |_| }
  end

  def write(octets)
    @tcp.write(octets) unless @tcp.closed?
  end

  def message(data)
    return @driver.binary(data) unless data.is_a?(String)
    return @driver.text(data) unless data.start_with?('close:')
    _, code, reason = data.split(':', 3)
    begin
      code.empty? ? @driver.close : @driver.close(reason, Integer(code))
    rescue StandardError
      # Call refused: the connection stays as the library left it.
    end
  end

  def run
    @driver.parse(@tcp.readpartial(65_536)) until @tcp.closed?
  rescue SystemCallError, IOError
    @tcp.close unless @tcp.closed?
  end
end

Thread.report_on_exception = false
server = TCPServer.new('127.0.0.1', Integer(ARGV[0]))
$stdout.puts 'listening'
$stdout.flush
loop { Thread.new(server.accept) { |tcp| Connection.new(tcp).run } }
