# LemonLDAP::NG's portal, unmodified, with the configuration of the folder that LLNG_FOLDER names.
use Lemonldap::NG::Portal::Main;

# Its default captcha needs ImageMagick at start, even where no page shows one: a custom one.
package NoCaptcha {
    use Mouse;
    extends 'Lemonldap::NG::Portal::Main::Plugin';
    sub init { 1 }
    $INC{'NoCaptcha.pm'} = __FILE__;
}

my $std = 'Lemonldap::NG::Common::Logger::Std';
Lemonldap::NG::Portal::Main->run({
    configStorage => {
        type => 'File', dirName => "$ENV{LLNG_FOLDER}/conf", confFile => "$ENV{LLNG_FOLDER}/ini",
    },
    logger => $std, userLogger => $std, logLevel => 'info', captcha => 'NoCaptcha',
});
