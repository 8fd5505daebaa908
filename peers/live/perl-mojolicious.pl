# Echo server on Mojolicious.
# Of closing, the program does only this: the text close:CODE:REASON calls finish(CODE, REASON), and what that dies of
# is dropped. Answering a Close, failing a connection and closing TCP are the library's.
use Mojo::Base -strict, -signatures;
use Mojo::Server::Daemon;
use Mojolicious::Lite;
use Mojo::Util qw(decode);

app->log->level('fatal');

websocket '/' => sub ($c) {
  $c->on(text => sub ($c, $octets) {
    return $c->send({text => $octets}) unless $octets =~ /^close:([^:]*):?(.*)\z/s;
    my ($code, $reason) = ($1, decode('UTF-8', $2) // '');
    eval { $code eq '' ? $c->finish : $c->finish($code, $reason) };
  });
  $c->on(binary => sub ($c, $octets) { $c->send({binary => $octets}) });
};

my $daemon = Mojo::Server::Daemon->new(app => app, listen => ["http://127.0.0.1:$ARGV[0]"], silent => 1);
$daemon->start;
STDOUT->autoflush(1);
say 'listening';
$SIG{TERM} = 'DEFAULT';
Mojo::IOLoop->start;
