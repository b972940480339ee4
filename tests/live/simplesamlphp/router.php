<?php
// PHP's own server does not find `/module.php/core/loginuserpass.php` by itself.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$root = $_SERVER['DOCUMENT_ROOT'];
if (preg_match('#^(/.*?\.php)(/.*)?$#', $path, $found) && is_file($root . $found[1])) {
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $found[1];
    $_SERVER['SCRIPT_FILENAME'] = $root . $found[1];
    $_SERVER['PATH_INFO'] = $found[2] ?? '';
    chdir(dirname($root . $found[1]));
    require $root . $found[1];
    return true;
}
return false;
