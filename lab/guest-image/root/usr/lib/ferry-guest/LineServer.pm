# A small TCP server of text lines for the guest's programs: one loop, any number of clients, and work between them.
#   serve(port => N, connect => sub {client}, line => sub {client, line}, tick => sub { seconds until wanted again })
# A client is a hash; what is to be sent is appended to its {out}. tick returns undef when there is nothing to do.
package LineServer;
use strict;
use warnings;
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);
use Fcntl;

# What a client that does not read may make us hold; a wire may be cut for a minute at 1000 lines a second.
my $pending_max = 4 << 20;

sub seconds {
    my $time = "\0" x 16;
    syscall(228, 1, $time);    # clock_gettime(CLOCK_MONOTONIC): perl-base has no Time::HiRes
    my ($whole, $nanoseconds) = unpack("qq", $time);
    return $whole + $nanoseconds / 1e9;
}

sub serve {
    my (%on) = @_;
    socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
    setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($listener, sockaddr_in($on{port}, INADDR_ANY)) or die "bind: $!";
    listen($listener, 16) or die "listen: $!";
    $SIG{PIPE} = "IGNORE";
    my %clients;
    while (1) {
        my $wait = $on{tick} ? $on{tick}->(values %clients) : undef;
        my ($readable, $writable) = ("", "");
        vec($readable, fileno($listener), 1) = 1;
        for my $client (values %clients) {
            vec($readable, $client->{fd}, 1) = 1;
            delete $clients{ $client->{fd} } unless flush_out($client);
            vec($writable, $client->{fd}, 1) = 1 if length $client->{out};
        }
        $wait = 0 if defined $wait && $wait < 0;
        next if select($readable, $writable, undef, $wait) <= 0;
        if (vec($readable, fileno($listener), 1) && accept(my $socket, $listener)) {
            setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
            fcntl($socket, F_SETFL, O_NONBLOCK);
            my $client = { socket => $socket, fd => fileno($socket), in => "", out => "" };
            $clients{ $client->{fd} } = $client;
            $on{connect}->($client) if $on{connect};
        }
        for my $client (values %clients) {
            next unless vec($readable, $client->{fd}, 1);
            my $count = sysread($client->{socket}, $client->{in}, 4096, length $client->{in});
            if (!$count && !(!defined $count && $!{EAGAIN})) { delete $clients{ $client->{fd} }; next }
            while ($client->{in} =~ s/^([^\n]*)\n//) {
                my $answer = $on{line} ? $on{line}->($client, $1) : undef;
                $client->{out} .= "$answer\n" if defined $answer;
            }
            delete $clients{ $client->{fd} } if length $client->{in} > 4096;
        }
    }
}

sub flush_out {
    my ($client) = @_;
    return 1 unless length $client->{out};
    my $count = syswrite($client->{socket}, $client->{out});
    return $!{EAGAIN} && length $client->{out} < $pending_max unless defined $count;
    substr($client->{out}, 0, $count) = "";
    return length $client->{out} < $pending_max;
}

1;
